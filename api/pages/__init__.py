"""The screens: one module per screen, drawn with the parts in templates/parts."""
