"""Campaign accounts: what mailings cost, invoices with their files, totals and exports for the agent."""
