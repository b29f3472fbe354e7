package dev.lastword.stream;

import dev.lastword.archive.Archive;

/** Names of what is written down about a stream when it is opened. */
public final class Attributes {
  /** The dialect's name; set by {@link Streams#open} itself. */
  public static final String DIALECT = "dialect";

  /** Whom the stream belongs to; missing for {@link Owner#ANONYMOUS}. */
  public static final String OWNER = Archive.OWNER;

  /** The key of the conversation that the response belongs to. */
  public static final String CONVERSATION = Archive.CONVERSATION;

  /** Path of the request, without its query. */
  public static final String PATH = "path";

  /** The model asked for. */
  public static final String MODEL = "model";

  /** What the person said. */
  public static final String INPUT = "input";

  private Attributes() {}
}
