"""Projects as programs in other languages. In: a document. Out: the text of a script that runs on its own."""
