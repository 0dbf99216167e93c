"""The screens: home, lesson, quiz, workbench, training, and the small dialogs between them."""
