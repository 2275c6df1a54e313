"""The study of markets: figures, distances, intervals, each against a case worked out by hand."""
