package dev.lastword.stream;

import dev.lastword.journal.Outcome;

/**
 * Where a stream stands. It moves to the right and never back; each arrow is an entry in the
 * journal.
 *
 * <pre>
 *   Open --answer complete--> Complete --hooks acknowledged--> Saved --> Released(completed)
 *    |  '--the same without save hooks, in one entry-----------------------^
 *    |                            '--rejected--> Released(failed)
 *    '--cancelled, failed, process gone--------> Released(cancelled | failed | interrupted)
 * </pre>
 *
 * <p>Only {@code Released} shows an ending. A crash in {@code Complete} saves again and then
 * releases.
 */
public sealed interface StreamState {
  /** The word for JSON and logs. */
  String word();

  /** Events arrive and are shown. */
  record Open() implements StreamState {
    @Override
    public String word() {
      return "open";
    }
  }

  /** The whole answer is on disk, its ending withheld; the save hooks are being called. */
  record Complete(long endedMs) implements StreamState {
    @Override
    public String word() {
      return "complete";
    }
  }

  /** The hooks have acknowledged, and that is on disk. */
  record Saved(long endedMs) implements StreamState {
    @Override
    public String word() {
      return "saved";
    }
  }

  /** The outcome is on disk; nothing of the stream changes any more. */
  record Released(Outcome outcome, String reason, long endedMs) implements StreamState {
    @Override
    public String word() {
      return "released";
    }
  }
}
