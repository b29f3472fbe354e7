package dev.lastword.journal;

/** What has to have happened to an entry before it is acknowledged. */
public enum Durability {
  /** It was written and forced to a disk. */
  DISK("disk"),

  /** Replicas on several machines have it, on their disks some time later. */
  QUORUM("quorum");

  private final String word;

  Durability(String word) {
    this.word = word;
  }

  /** As receipts say it. */
  public String word() {
    return word;
  }
}
