"""What people gave, as the agent who keeps the campaign's money tells it; no payment is taken here."""
