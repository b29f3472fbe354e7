package dev.lastword.stream;

import dev.lastword.archive.Archive;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Names of what is written down about a stream when it is opened. */
public final class Attributes {
  /** The dialect's name; set by {@link Streams#open} itself. */
  public static final String DIALECT = Archive.DIALECT;

  /** Whom the stream belongs to; missing for {@link Owner#ANONYMOUS}. */
  public static final String OWNER = Archive.OWNER;

  /** The key of the conversation that the response belongs to. */
  public static final String CONVERSATION = Archive.CONVERSATION;

  /** Path of the request, without its query. */
  public static final String PATH = Archive.PATH;

  /**
   * By which its client comes back to the response, on the same path: one that the client gave it,
   * or the id that the upstream's first events say. Newer streams may have it as well.
   */
  public static final String NAME = Archive.NAME;

  /** Longest {@link #NAME}, in characters; a longer one is none. */
  public static final int NAME_LENGTH_MAX = 200;

  /** The tenant that the owner is one of. */
  public static final String TENANT = Archive.TENANT;

  /** Path of the route that the request came by. */
  public static final String ROUTE = Archive.ROUTE;

  /** The model asked for. */
  public static final String MODEL = Archive.MODEL;

  /**
   * Stands with a stream whose upstream was asked for its usage in the client's place: the chunk
   * that brings it is not shown.
   */
  public static final String USAGE_ASKED = "usage-asked";

  /** The usage object that no visible event brings, as JSON text. */
  public static final String USAGE = "usage";

  /** What the person said. */
  public static final String INPUT = "input";

  /** Names of the save hooks that have to acknowledge the response, with commas between them. */
  public static final String SAVE = "save";

  /** A {@link SavePolicy}, where it is not that of all. */
  public static final String SAVE_POLICY = "save-policy";

  /**
   * Before the name of what a configuration takes out of requests for the save hooks, such as
   * {@code fact.chat}.
   */
  public static final String FACT = "fact.";

  /** Stands on the claim of an id until there is a stream of it, see {@link Streams#claim}. */
  public static final String CLAIM = "claim";

  /** Half a surrogate pair: two halves are one character to an expression. */
  private static final Pattern LONE_SURROGATE = Pattern.compile("\\p{Cs}");

  private Attributes() {}

  /**
   * Attributes as they can be written down, in UTF-8: a hook is told the same now and after a
   * restart.
   */
  static Map<String, String> writable(Map<String, String> attributes) {
    var writable = new HashMap<String, String>();
    attributes.forEach((name, value) -> writable.put(wellFormed(name), wellFormed(value)));
    return writable;
  }

  private static String wellFormed(String text) {
    return LONE_SURROGATE.matcher(text).replaceAll("\ufffd");
  }

  /** The names in {@link #SAVE}, in their order. */
  static List<String> hooks(Map<String, String> attributes) {
    var names = attributes.getOrDefault(SAVE, "");
    return names.isEmpty() ? List.of() : List.of(names.split(",", -1));
  }

  /** What {@link #SAVE_POLICY} says. */
  static Optional<SavePolicy> policy(Map<String, String> attributes) {
    return SavePolicy.of(attributes.getOrDefault(SAVE_POLICY, ""));
  }
}
