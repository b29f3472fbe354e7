package dev.lastword.journal;

/** A later version wrote this, or it looks so. */
final class LaterFormatException extends DamagedException {
  private static final long serialVersionUID = 1;

  LaterFormatException(String name, int version) {
    super(
        name,
        0,
        "was written by a later Lastword: format %d, and this one reads up to %d"
            .formatted(version, Format.NEWEST));
  }
}
