package dev.lastword.archive;

import dev.lastword.journal.StreamId;

/** What the database gave back of one stream is not what was stored. Others are served. */
public final class ArchiveDamagedException extends ArchiveFailedException {
  private static final long serialVersionUID = 1;

  /** The stream's id, kept as text since exceptions are serializable and ids are not. */
  private final String stream;

  /** Says what of a stream is damaged, and how it was seen. */
  public ArchiveDamagedException(StreamId stream, String what) {
    super("stream " + stream + " is damaged in the archive: " + what);
    this.stream = stream.value();
  }

  /** Says what of a stream is damaged, and what the database said. */
  public ArchiveDamagedException(StreamId stream, String what, Throwable cause) {
    super("stream " + stream + " is damaged in the archive: " + what, cause);
    this.stream = stream.value();
  }

  /** Which stream. */
  public StreamId stream() {
    return new StreamId(stream);
  }
}
