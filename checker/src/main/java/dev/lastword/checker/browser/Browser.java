package dev.lastword.checker.browser;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A Chromium or Chrome without a window, with a profile of its own; all that it wrote is removed
 * with it, also when the checker is ended early.
 */
public final class Browser implements AutoCloseable {
  private static final int START_SECONDS = 30;
  private static final int END_SECONDS = 5;
  private static final String SOCKET = "SingletonSocket";
  private static final String SAYS_WHERE = "DevTools listening on ";
  private static final List<String> OPTIONS =
      List.of(
          "--headless",
          "--remote-debugging-port=0",
          "--no-first-run",
          "--no-default-browser-check",
          "--disable-gpu",
          "--disable-dev-shm-usage",
          "--disable-extensions",
          "--disable-sync",
          "--disable-quic",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-default-apps",
          // A tab without a window counts as one in the background, which waits for all others.
          "--disable-renderer-backgrounding",
          "--disable-backgrounding-occluded-windows",
          "--disable-background-timer-throttling",
          "--metrics-recording-only",
          // The page is put under the endpoint's origin by the checker, from no network at all.
          "--disable-features=LocalNetworkAccessChecks,Translate,OptimizationHints");

  private final Running running;
  private final DevTools devTools;

  private Browser(Running running, DevTools devTools) {
    this.running = running;
    this.devTools = devTools;
  }

  /**
   * Starts it.
   *
   * @throws IOException if it does not start, or cannot be driven
   */
  public static Browser start(Path program) throws IOException, InterruptedException {
    var profile = Files.createTempDirectory("lastword-browser");
    var command = new ArrayList<String>();
    command.add(program.toString());
    command.addAll(OPTIONS);
    command.add("--user-data-dir=" + profile);
    if ("root".equals(System.getProperty("user.name"))) {
      command.add("--no-sandbox"); // as root, as in containers, it starts with nothing else
    }
    command.add("about:blank");
    var running = new Running(profile);
    try {
      var devTools = new DevTools(address(running.start(command)));
      running.findSocket();
      return new Browser(running, devTools);
    } catch (IOException | InterruptedException | RuntimeException e) {
      running.close();
      throw e;
    }
  }

  private static URI address(Process process) throws IOException, InterruptedException {
    var address = new CompletableFuture<String>();
    Thread.ofVirtual().start(() -> follow(process, address));
    try {
      return URI.create(address.get(START_SECONDS, TimeUnit.SECONDS));
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("the browser did not start: " + e.getMessage(), e);
    }
  }

  /** Reads all that the browser prints: a full pipe would stop it. */
  private static void follow(Process process, CompletableFuture<String> address) {
    var said = new StringBuilder();
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        int at = line.indexOf(SAYS_WHERE);
        if (at >= 0) {
          address.complete(line.substring(at + SAYS_WHERE.length()).strip());
        } else if (!address.isDone() && said.length() < 500) {
          said.append(line).append(' ');
        }
      }
    } catch (IOException e) {
      said.append(e.getMessage());
    }
    address.completeExceptionally(new IOException(said.toString().strip()));
  }

  /**
   * Opens a tab on a page of the checker's own.
   *
   * @param page where the page seems to come from; nothing is asked of that address
   */
  public Tab open(URI page) throws IOException, InterruptedException {
    return Tab.open(devTools, page);
  }

  @Override
  public void close() {
    devTools.tell("", "Browser.close", Map.of());
    devTools.close();
    running.close();
  }

  /** The process and its profile: both go with the checker, also when it ends in this moment. */
  private static final class Running {
    private final Path profile;
    private final Thread atExit = new Thread(this::end, "browser-end");
    private @Nullable Process process;
    private @Nullable Path socket;
    private boolean over;

    Running(Path profile) {
      this.profile = profile;
    }

    synchronized Process start(List<String> command) throws IOException {
      try {
        Runtime.getRuntime().addShutdownHook(atExit);
      } catch (IllegalStateException e) {
        over = true;
      }
      if (over) {
        throw new IOException("the checker is ending");
      }
      var started = new ProcessBuilder(command).redirectErrorStream(true).start();
      process = started;
      return started;
    }

    /**
     * The browser's socket is in a folder beside the profile, to which the profile has a link until
     * the browser begins to end.
     */
    synchronized void findSocket() {
      try {
        socket = Files.readSymbolicLink(profile.resolve(SOCKET));
      } catch (IOException e) {
        // it has none, not yet, or not any more
      }
    }

    private synchronized void end() {
      over = true;
      if (process != null) {
        if (socket == null) {
          findSocket();
        }
        Browser.end(process);
        removeSocket();
      }
      remove(profile);
    }

    private void removeSocket() {
      var folder = socket == null ? null : socket.getParent();
      if (folder == null) {
        return;
      }
      try {
        Files.deleteIfExists(folder.resolve(SOCKET));
        Files.deleteIfExists(folder.resolve("SingletonCookie"));
        Files.deleteIfExists(folder);
      } catch (IOException e) {
        // something else is in it by now, and stays
      }
    }

    void close() {
      end();
      try {
        Runtime.getRuntime().removeShutdownHook(atExit);
      } catch (IllegalStateException e) {
        // the checker is ending, and the hook finds nothing to do
      }
    }
  }

  private static void end(Process process) {
    var all = new ArrayList<>(process.descendants().toList());
    all.add(process.toHandle());
    all.forEach(ProcessHandle::destroyForcibly);
    try {
      for (var each : all) {
        each.onExit().get(END_SECONDS, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      // it is killed all the same; what it leaves in its folders is removed
    }
  }

  private static void remove(Path folder) {
    for (int tries = 0; Files.exists(folder) && tries < 5; tries++) {
      try {
        Files.walkFileTree(folder, new Removal());
      } catch (IOException e) {
        // a process that is just ending has written another file: once more
      }
    }
  }

  private static final class Removal extends SimpleFileVisitor<Path> {
    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      Files.deleteIfExists(file);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
      if (e instanceof NoSuchFileException) {
        return FileVisitResult.CONTINUE;
      }
      throw e;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException e)
        throws IOException {
      Files.deleteIfExists(folder);
      return FileVisitResult.CONTINUE;
    }
  }
}
