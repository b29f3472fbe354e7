package dev.lastword.gateway;

/**
 * What any one owner may have, beside what all may have together.
 *
 * @param calls to upstreams that run at once
 * @param generations responses that stream at once
 * @param unattended of those the ones that nobody reads; and as many calls whose clients have gone
 * @param startsPerMinute streams that are begun in a minute; 0 for as many as they like
 * @param bytes of events that are kept; 0 for as many as they like
 */
record OwnerBounds(int calls, int generations, int unattended, int startsPerMinute, long bytes) {
  /** Nobody is told apart from others. */
  static final OwnerBounds NONE =
      new OwnerBounds(Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE, 0, 0);

  /**
   * What one owner may have of what all may have, where nobody says otherwise: three quarters,
   * rounded up. A single owner hardly notices, and others always find room.
   */
  static int share(int all) {
    return Math.toIntExact(((long) all * 3 + 3) / 4);
  }
}
