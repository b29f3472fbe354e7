package dev.lastword.spring;

import dev.lastword.library.Answer;

/** Told of what happens, for whoever counts. */
interface Metrics {
  /** Answers that the application's own event streams are. */
  String EDGE = "edge";

  /** Answers that the application has asked for. */
  String SSE = "sse";

  /** Nobody counts. */
  Metrics NONE =
      new Metrics() {
        @Override
        public void opened(Answer answer, String by) {}

        @Override
        public void reading() {}

        @Override
        public void left() {}
      };

  /** An answer was opened. */
  void opened(Answer answer, String by);

  /** A reader has come. */
  void reading();

  /** A reader has gone. */
  void left();
}
