"""The commands behind `gradatim NAME`, grouped by what they are for; each also works in a script."""
