package dev.lastword.gateway;

import dev.lastword.stream.Owner;

/**
 * Who sent a request, as far as its credentials tell.
 *
 * @param owner in whose name it is answered, and to whom belongs what it starts
 * @param expiresMs wall-clock time at which the credentials end and with them what is read by them;
 *     {@link #NEVER}
 * @param byLink whether it is a link that says so, which anybody may have been given
 */
record Asker(Owner owner, long expiresMs, boolean byLink) {
  static final long NEVER = Long.MAX_VALUE;

  static final Asker ANONYMOUS = new Asker(Owner.ANONYMOUS);

  /** An administrator, or anybody on a trusted network. */
  static final Asker ALL = new Asker(Owner.ALL);

  Asker(Owner owner) {
    this(owner, NEVER);
  }

  Asker(Owner owner, long expiresMs) {
    this(owner, expiresMs, false);
  }
}
