package dev.lastword.checker.sdk;

/**
 * Something in a stream that an SDK does not survive.
 *
 * @param sdk whose; several where they do the same
 * @param cause what was sent
 * @param effect what the SDK does then
 */
public record Hazard(String sdk, String cause, String effect) {
  @Override
  public String toString() {
    return sdk + ": " + cause + " " + effect;
  }
}
