"""Mailings that brokers send to their own files: the kit handed over, opt-outs as hashes, results as sums."""
