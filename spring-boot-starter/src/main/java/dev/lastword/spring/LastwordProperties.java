package dev.lastword.spring;

import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.Dialects;
import dev.lastword.dialect.Marker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What an application says about Lastword in its configuration.
 *
 * @param enabled whether there is a Lastword at all
 * @param directory where answers rest; one process at a time has it, and it is not on a network
 *     file system. {@code data/lastword} below the working directory unless said otherwise; not
 *     looked at where a bean is the {@link dev.lastword.library.Storage}
 * @param heartbeat after how long a silence readers are given a comment; at least 10 ms
 * @param grace how long answers that are open go on when the application stops
 * @param idle after how long a silence of its source an answer has failed
 * @param duration how long an answer may take
 * @param edge what is done with the application's own event streams
 * @param endpoints where readers come back
 */
@ConfigurationProperties("lastword")
public record LastwordProperties(
    @DefaultValue("true") boolean enabled,
    @DefaultValue("data/lastword") Path directory,
    @DefaultValue("15s") Duration heartbeat,
    @DefaultValue("10s") Duration grace,
    @DefaultValue("120s") Duration idle,
    @DefaultValue("1h") Duration duration,
    @DefaultValue Edge edge,
    @DefaultValue Endpoints endpoints) {
  /**
   * @throws IllegalArgumentException if a duration is too short; the message names it
   */
  public LastwordProperties {
    atLeast("lastword.heartbeat", heartbeat, Duration.ofMillis(10));
    atLeast("lastword.grace", grace, Duration.ZERO);
    atLeast("lastword.idle", idle, Duration.ofSeconds(1));
    atLeast("lastword.duration", duration, Duration.ofSeconds(1));
  }

  private static void atLeast(String name, Duration value, Duration least) {
    if (value.compareTo(least) < 0) {
      throw new IllegalArgumentException(name + " is " + value + ": at least " + least);
    }
  }

  /**
   * What is done with event streams that controllers return.
   *
   * @param enabled whether they are kept
   * @param paths patterns of the paths that are, as in a {@code @RequestMapping}
   * @param exclude patterns of those that are not, such as notifications that never end
   * @param endings the events by which the application says that it has answered, beside those of
   *     the known dialects, separated by semicolons: {@code event=TYPE}, {@code data=TEXT} or
   *     {@code /JSON/POINTER=VALUE}
   */
  public record Edge(
      @DefaultValue("true") boolean enabled,
      @DefaultValue("/**") List<String> paths,
      @DefaultValue List<String> exclude,
      @DefaultValue(
              "data=[DONE]; event=close; event=done; event=end; event=complete; event=completed;"
                  + " event=finish; event=finished")
          String endings) {
    /**
     * @throws IllegalArgumentException if an ending is malformed; the message names it
     */
    public Edge {
      try {
        Marker.parse(endings);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("lastword.edge.endings: " + e.getMessage());
      }
    }

    /** What the events tell, and plain SSE with these endings until they have. */
    Dialect dialect() {
      var name = "auto(plain(" + Marker.format(Marker.parse(endings)) + "))";
      return Dialects.named(name)
          .orElseThrow(() -> new IllegalStateException("no dialect of the name " + name));
    }
  }

  /**
   * Where readers come back.
   *
   * @param enabled whether there are such endpoints
   * @param path what their paths begin with
   * @param anonymousLists whether those who showed no name are told of each other's answers; else
   *     they find one by its id only
   */
  public record Endpoints(
      @DefaultValue("true") boolean enabled,
      @DefaultValue("/lastword") String path,
      @DefaultValue("false") boolean anonymousLists) {
    /**
     * @throws IllegalArgumentException if the path does not begin with a slash
     */
    public Endpoints {
      if (!path.startsWith("/") || (path.length() > 1 && path.endsWith("/"))) {
        throw new IllegalArgumentException(
            "lastword.endpoints.path is '" + path + "': begins with a slash and ends with none");
      }
    }
  }
}
