"""GPT-2 in plain PyTorch: train it, sample it, take it apart; usable without the rest."""
