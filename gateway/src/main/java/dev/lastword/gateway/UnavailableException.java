package dev.lastword.gateway;

import dev.lastword.cli.Commands;

/**
 * A server that the configuration names is not to be had now, or somebody else has what is wanted
 * of it: the next start may find it otherwise.
 */
final class UnavailableException extends ConfigException {
  private static final long serialVersionUID = 1;

  UnavailableException(String message) {
    super(message);
  }

  @Override
  public int exitCode() {
    return Commands.TRY_AGAIN;
  }
}
