package dev.lastword.archive;

/**
 * From which event on a stream was written under which epoch.
 *
 * @param epoch epoch of the journal's opening
 * @param firstSeq number of the first event written under it
 */
public record EpochSpan(long epoch, long firstSeq) {}
