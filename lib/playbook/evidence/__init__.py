"""Evidence: a table of decisions in, Estimates, small tables, figures and words out."""
