package dev.lastword.gateway;

import dev.lastword.cli.UsageException;

/**
 * The configuration is wrong, or what it names cannot be used; the message is one sentence for the
 * operator.
 */
class ConfigException extends UsageException {
  private static final long serialVersionUID = 1;

  ConfigException(String message) {
    super(message);
  }
}
