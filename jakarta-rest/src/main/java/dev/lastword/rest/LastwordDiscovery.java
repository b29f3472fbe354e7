package dev.lastword.rest;

import dev.lastword.library.Lastword;
import dev.lastword.library.Saver;
import jakarta.ws.rs.ConstrainedTo;
import jakarta.ws.rs.RuntimeType;
import jakarta.ws.rs.ServiceUnavailableException;
import jakarta.ws.rs.core.Configuration;
import jakarta.ws.rs.core.FeatureContext;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.stream.Stream;
import org.glassfish.jersey.internal.spi.AutoDiscoverable;
import org.glassfish.jersey.server.spi.AbstractContainerLifecycleListener;
import org.glassfish.jersey.server.spi.Container;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the event streams of an application that has only this room on its class path. Its {@link
 * Lastword} is opened when the container starts, and closed when that stops, ten seconds after
 * which whatever is still being said is interrupted.
 *
 * <p>Nothing happens where the application has registered a {@link LastwordFeature} itself, or the
 * property {@link #ENABLED} is {@code false}.
 */
@ConstrainedTo(RuntimeType.SERVER)
public final class LastwordDiscovery implements AutoDiscoverable {
  /** Property of the application: whether its event streams are kept; {@code true} by default. */
  public static final String ENABLED = "lastword.enabled";

  /**
   * Property of the application: where answers rest, as text or a {@link Path}; {@code
   * data/lastword} below the working directory by default. One process at a time has it.
   */
  public static final String DIRECTORY = "lastword.directory";

  /** Property of the application: the {@link Saver} that is registered; none by default. */
  public static final String SAVER = "lastword.saver";

  /**
   * Property of the application: paths whose event streams are not kept, as text with commas or a
   * list; none by default. See {@link LastwordFeature#exclude}.
   */
  public static final String EXCLUDE = "lastword.exclude";

  private static final Duration GRACE = Duration.ofSeconds(10);

  @Override
  public void configure(FeatureContext context) {
    var configuration = context.getConfiguration();
    var enabled = configuration.getProperty(ENABLED);
    if (configuration.isRegistered(LastwordFeature.class)
        || (enabled != null && !Boolean.parseBoolean(enabled.toString()))) {
      return;
    }
    var own = new Own(configuration);
    context.register(own);
    context.register(
        LastwordFeature.of(own::get).exclude(paths(configuration.getProperty(EXCLUDE))));
  }

  private static String[] paths(@Nullable Object exclude) {
    var texts =
        switch (exclude) {
          case null -> Stream.<String>empty();
          case Collection<?> several -> several.stream().map(Object::toString);
          case Object text -> Stream.of(text.toString().split(",", -1));
        };
    return texts.map(String::strip).filter(text -> !text.isEmpty()).toArray(String[]::new);
  }

  /** The application's own, as long as its container runs. */
  private static final class Own extends AbstractContainerLifecycleListener {
    private final @Nullable Object directory;
    private final @Nullable Object saver;
    private @Nullable Lastword open;
    private boolean stopped;

    Own(Configuration configuration) {
      directory = configuration.getProperty(DIRECTORY);
      saver = configuration.getProperty(SAVER);
    }

    /**
     * Opens it at the first call, which is the container's start: what fails there is seen, and
     * what a discovery fails with is only logged.
     *
     * @throws IllegalArgumentException if a property has a value of another type
     * @throws ServiceUnavailableException if the container has stopped
     */
    synchronized Lastword get() {
      var opened = open;
      if (opened == null) {
        if (stopped) {
          throw new ServiceUnavailableException(
              "the application has been stopped", Keeping.RETRY_AFTER_SECONDS);
        }
        var where = directory == null ? Path.of("data", "lastword") : Path.of(directory.toString());
        var builder = Lastword.at(where).grace(GRACE);
        switch (saver) {
          case null -> {}
          case Saver own -> builder.saver(own);
          case Object other ->
              throw new IllegalArgumentException(
                  "%s is a %s: a %s is wanted"
                      .formatted(SAVER, other.getClass().getName(), Saver.class.getName()));
        }
        opened = builder.open();
        open = opened;
      }
      return opened;
    }

    @Override
    public void onStartup(Container container) {
      var unused = get();
    }

    @Override
    public void onShutdown(Container container) {
      Lastword closing;
      synchronized (this) {
        closing = open;
        open = null;
        stopped = true;
      }
      if (closing != null) {
        closing.close();
      }
    }
  }
}
