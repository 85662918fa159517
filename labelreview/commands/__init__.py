"""The commands by subject, each a thin shell over the desk; `cli` puts them together. `terminal`: what they share."""
