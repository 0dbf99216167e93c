"""What the screens are made of: the editor, the verdict, runnable fences, curves."""
