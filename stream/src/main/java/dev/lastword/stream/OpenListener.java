package dev.lastword.stream;

/** Told once, on the home, what became of an opening. */
public interface OpenListener {
  /** The stream is on disk: its id may be given out. */
  void opened(Stream stream);

  /** Nothing was created. The upstream is the caller's to let go. */
  void refused(OpenRefusal why);
}
