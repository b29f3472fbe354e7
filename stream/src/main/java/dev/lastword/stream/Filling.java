package dev.lastword.stream;

/** What fills a stream in this process. Used on the stream's home only. */
interface Filling {
  /** The stream is on its way to the journal: what is measured in time begins. */
  void start();

  /** The stream was refused: there is nothing to fill. */
  void abandon();

  /** Its owner stops it; false if its end was decided before, or readers have seen an ending. */
  boolean cancel();

  /** The process goes away. */
  void interrupt();
}
