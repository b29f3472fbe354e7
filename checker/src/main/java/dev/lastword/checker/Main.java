package dev.lastword.checker;

import dev.lastword.cli.Command;
import dev.lastword.cli.Commands;
import java.io.PrintStream;
import java.util.List;

/** The command line: {@code lastword check}. */
public final class Main {
  private Main() {}

  /** Runs the command and exits with its code. */
  public static void main(String[] args) {
    var commands =
        List.of(
            new CheckCommand(System.in, System.out),
            new ZooCommand(System.out),
            new WarmupCommand());
    System.exit(run(commands, System.out, System.err, args));
  }

  /**
   * Runs the command that is named first. Whatever breaks it off is told in one line, and is no
   * finding: a JVM that ends with an exception has the exit code of one.
   *
   * @return its exit code
   */
  static int run(List<Command> commands, PrintStream out, PrintStream err, String... args) {
    try {
      return new Commands(commands, out, err).run(args);
    } catch (OutOfMemoryError e) {
      err.println(
          "lastword: out of memory; LASTWORD_JAVA_OPTS=-Xmx2g gives it more, --only fewer checks");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      err.println("lastword: interrupted");
    } catch (Exception | Error e) {
      err.println("lastword: failed by itself: " + String.valueOf(e).replaceAll("\\R", " "));
    }
    return Commands.WRONG;
  }
}
