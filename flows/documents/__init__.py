"""Official documents: compiled .docx templates and a typed context for each."""
