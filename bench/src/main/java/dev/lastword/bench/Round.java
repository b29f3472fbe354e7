package dev.lastword.bench;

/// What one measurement asks for.
///
/// @param readers connections
/// @param shape of the streams
/// @param follow whether all readers follow one stream where the system can share it; else each has
///   a stream of its own
/// @param settleSeconds from the last reader's arrival to the window
/// @param seconds length of the window
record Round(int readers, StreamShape shape, boolean follow, int settleSeconds, int seconds) {

  double askedPerSecond() {
    return readers * shape.rate();
  }
}
