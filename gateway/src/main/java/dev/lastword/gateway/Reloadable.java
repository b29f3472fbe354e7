package dev.lastword.gateway;

/** A part of the gateway that takes a new configuration while everything runs. */
interface Reloadable {
  /**
   * Makes ready what a new configuration asks of this part; nothing has changed when it returns, or
   * throws.
   *
   * @return puts it in place, once every part is ready; may not fail
   * @throws ConfigException if it cannot be had: then no part changes
   */
  Runnable prepare(Config next);
}
