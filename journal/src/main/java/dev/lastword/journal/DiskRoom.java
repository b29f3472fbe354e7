package dev.lastword.journal;

import java.io.IOException;

/**
 * The room on a disk that more than one writes to, such as a journal and the archive beside it.
 * Each looks how much is free and takes what it needs of it some time later; what the others have
 * seen and not taken yet is no longer free for it. Thread-safe.
 */
public final class DiskRoom {
  private long held;

  /** A disk of which nobody holds anything. */
  public DiskRoom() {}

  /** Tells how many bytes are free, as far as the disk knows. */
  @FunctionalInterface
  public interface Free {
    /** Free bytes. */
    long bytes() throws IOException;
  }

  /** Decides how much is taken. */
  @FunctionalInterface
  public interface Choice {
    /**
     * Bytes to take of those that are free.
     *
     * @param free whoever counts on it
     * @param held what the others count on of it; may be more than there is
     * @throws IOException if that is not enough
     */
    long of(long free, long held) throws IOException;
  }

  /** What one of those who write may count on; nothing at first. */
  public Share share() {
    return new Share();
  }

  /** See {@link DiskRoom}. */
  public final class Share {
    private long bytes;

    private Share() {}

    /**
     * Holds what is chosen, in place of what was held before. One after the other chooses.
     *
     * @return the bytes
     * @throws IOException if the disk does not tell, or there is not enough; then nothing is held
     */
    public long take(Free free, Choice choice) throws IOException {
      synchronized (DiskRoom.this) {
        hold(0);
        hold(choice.of(free.bytes(), held));
        return bytes;
      }
    }

    /** Holds so many, whether they are free or not; 0 to let go of all. */
    public void hold(long more) {
      synchronized (DiskRoom.this) {
        held += more - bytes;
        bytes = more;
      }
    }
  }
}
