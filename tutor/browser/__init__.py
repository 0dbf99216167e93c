"""The screens in a browser: textual-serve behind a door of our own (an optional extra, `gradatim[browser]`)."""
