package dev.lastword.checker.browser;

import dev.lastword.checker.probe.Reading;

/**
 * What became of an errand.
 *
 * @param reading what the page read; without its bytes, which a page does not see
 * @param openedNanos when the response's head was there, since the request was sent; -1 if it was
 *     not
 * @param over whether the terminal event was there when the page left, unread
 * @param fault why there is nothing to judge, {@code ""} if there is
 * @param refused whether the browser did not let the page read, or the server did not answer it
 *     with a stream
 */
public record Visit(
    Reading reading, long openedNanos, boolean over, String fault, boolean refused) {}
