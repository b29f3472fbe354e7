package dev.lastword.cli;

import java.io.IOException;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/**
 * One command of {@code lastword}.
 *
 * <p>{@code -h, --help} and {@code -V, --version} are there for every command.
 */
public interface Command {
  /** What {@link #run} returns when the process goes on after the command. */
  int GOES_ON = -1;

  /** The word that calls it. */
  String name();

  /** What it does, in one sentence. */
  String summary();

  /** Its flags. */
  Options options();

  /**
   * Its one argument as the help writes it, such as {@code DIR}; in brackets if it may be left out,
   * {@code ""} if there is none.
   */
  default String argument() {
    return "";
  }

  /** Whether it is left out of the list of commands. */
  default boolean hidden() {
    return false;
  }

  /**
   * Runs it.
   *
   * @return the exit code, or {@link #GOES_ON}
   * @throws UsageException for a wrong command line or configuration
   */
  int run(CommandLine line) throws IOException, InterruptedException;
}
