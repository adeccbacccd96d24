"""The answer: what documents say, in a sentence or two. Pure: documents in, sentences out."""
