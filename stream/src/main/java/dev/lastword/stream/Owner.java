package dev.lastword.stream;

import java.util.Map;

/**
 * In whose name something is asked, and to whom a stream belongs. Every question names one: what is
 * another's looks like what is not there.
 *
 * @param value names the owner, opaque to the engine; {@code ""} for those who showed no
 *     credentials
 * @param all whether everything is theirs to see: an operator, or anybody on a trusted network
 */
public record Owner(String value, boolean all) {
  /** Whoever came without credentials. */
  public static final Owner ANONYMOUS = new Owner("", false);

  /** Sees every stream; those that it opens are {@link #ANONYMOUS}'s. */
  public static final Owner ALL = new Owner("", true);

  /** An owner of a name. */
  public static Owner of(String value) {
    return new Owner(value, false);
  }

  /** Whether a stream with these attributes is theirs to see. */
  boolean owns(Map<String, String> attributes) {
    return all || value.equals(attributes.getOrDefault(Attributes.OWNER, ""));
  }
}
