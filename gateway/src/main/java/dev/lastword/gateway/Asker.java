package dev.lastword.gateway;

import dev.lastword.stream.Owner;

/**
 * Who sent a request, as far as its credentials tell.
 *
 * @param owner in whose name it is answered, and to whom belongs what it starts
 * @param expiresMs wall-clock time at which the credentials end and with them what is read by them;
 *     {@link #NEVER}
 */
record Asker(Owner owner, long expiresMs) {
  static final long NEVER = Long.MAX_VALUE;

  static final Asker ANONYMOUS = new Asker(Owner.ANONYMOUS);

  /** An administrator, or anybody on a trusted network. */
  static final Asker ALL = new Asker(Owner.ALL);

  Asker(Owner owner) {
    this(owner, NEVER);
  }
}
