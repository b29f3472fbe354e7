------------------------------ MODULE TakeOver ------------------------------
(* One stream of one shard, several nodes, one store.                       *)
(*                                                                          *)
(* A node that has opened the shard writes entries into its journal, one    *)
(* flush at a time, and shows readers what was acknowledged. Any node may   *)
(* open the shard once the lease is over. A node that was paused does not   *)
(* know: it goes on, and so do flushes that it, or a node that is dead,     *)
(* has sent before. What keeps them apart is the epoch, which an opening    *)
(* raises and which the store compares in the transaction that writes.      *)
(*                                                                          *)
(* The stream is open until its answer is COMPLETE; the save hook has it    *)
(* then; its outcome is the last entry. Whoever takes an open stream over   *)
(* has no upstream to read on from, and ends it as interrupted.             *)

EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS
  Nodes,
  EventsMax,     \* events of the answer
  CrashesMax,    \* processes that die, or lose their connection to the store
  PausesMax,     \* leases that end while their holder lives
  FailoversMax,  \* standbys that were behind and are promoted
  Bug            \* what is wrong, or "none"

VARIABLES
  log,        \* the journal, in the store
  epoch,      \* of the shard, in the store: <<timeline, number>>
  lease,      \* who holds it, or nobody
  flushes,    \* sent and not decided by the store
  replies,    \* decided, and not heard of
  node,       \* what each node believes
  upstream,   \* who reads it; nobody once that node is gone
  rows,       \* answers that the application has
  shown,      \* events that readers have seen, by their ids
  said,       \* endings that readers have been told
  standby,    \* log and epoch as a standby has them
  crashes, pauses, failovers

vars == <<log, epoch, lease, flushes, replies, node, upstream, rows, shown, said, standby,
          crashes, pauses, failovers>>

Nobody == "nobody"
Idle == [open |-> FALSE, epoch |-> <<0, 0>>, log |-> <<>>, waits |-> FALSE, hook |-> "not called"]

-----------------------------------------------------------------------------
(* The stream, as its entries make it.                                      *)

Has(entries, kind) == \E i \in DOMAIN entries: entries[i].kind = kind
Events(entries) == SelectSeq(entries, LAMBDA e: e.kind = "event")
IsOpen(entries) == ~Has(entries, "complete") /\ ~Has(entries, "end")
IsComplete(entries) == Has(entries, "complete") /\ ~Has(entries, "end")

(* An event's id is its epoch and its number; what it says is its writer's. *)
Seen(entries) ==
  {[id |-> <<entries[i].epoch, i>>, of |-> entries[i].of] :
     i \in {j \in DOMAIN entries: entries[j].kind = "event"}}
Told(entries) == {entries[i].outcome : i \in {j \in DOMAIN entries: entries[j].kind = "end"}}

-----------------------------------------------------------------------------
Init ==
  /\ log = <<>> /\ epoch = <<1, 0>> /\ lease = Nobody
  /\ flushes = {} /\ replies = {}
  /\ node = [n \in Nodes |-> Idle]
  /\ upstream = Nobody
  /\ rows = {} /\ shown = {} /\ said = {}
  /\ standby = [log |-> <<>>, epoch |-> <<1, 0>>]
  /\ crashes = 0 /\ pauses = 0 /\ failovers = 0

(* Takes the shard: raises its epoch, and reads what there is.              *)
Open(n) ==
  /\ ~node[n].open /\ lease = Nobody
  /\ lease' = n
  /\ epoch' = IF Bug = "epoch not raised" /\ epoch[2] > 0 THEN epoch ELSE <<epoch[1], epoch[2] + 1>>
  /\ node' = [node EXCEPT ![n] = [Idle EXCEPT !.open = TRUE, !.epoch = epoch', !.log = log]]
  /\ upstream' = IF log = <<>> /\ upstream = Nobody THEN n ELSE upstream
  /\ shown' = shown \cup Seen(log)
  /\ said' = said \cup Told(log)
  /\ UNCHANGED <<log, flushes, replies, rows, standby, crashes, pauses, failovers>>

(* What a node shows once an entry counts as written.                       *)
Applied(n, entry) ==
  LET entries == Append(node[n].log, entry) IN
  /\ node' = [node EXCEPT ![n].log = entries, ![n].waits = FALSE]
  /\ shown' = shown \cup Seen(entries)
  /\ said' = said \cup Told(entries)

Send(n, entry) ==
  /\ node[n].open /\ ~node[n].waits
  /\ flushes' = flushes \cup
       {[by |-> n, epoch |-> node[n].epoch, entry |-> entry, checked |-> FALSE]}
  /\ IF Bug = "acknowledged before the commit"
     THEN Applied(n, entry)
     ELSE /\ node' = [node EXCEPT ![n].waits = TRUE]
          /\ UNCHANGED <<shown, said>>
  /\ UNCHANGED <<log, epoch, lease, replies, upstream, rows, standby, crashes, pauses, failovers>>

Entry(n, kind, outcome) ==
  [kind |-> kind, epoch |-> node[n].epoch, of |-> n, outcome |-> outcome]

Generate(n) ==
  /\ upstream = n /\ IsOpen(node[n].log)
  /\ \/ Len(Events(node[n].log)) < EventsMax /\ Send(n, Entry(n, "event", ""))
     \/ Send(n, Entry(n, "complete", ""))

(* A stream that somebody else had begun.                                   *)
Adopt(n) ==
  /\ upstream # n /\ Bug # "nobody ends what it took over"
  /\ \/ IsOpen(node[n].log)
     \/ IsComplete(node[n].log) /\ Bug = "complete forgotten by the take-over"
  /\ Send(n, Entry(n, "end", "interrupted"))

CallHook(n) ==
  /\ node[n].open /\ ~node[n].waits /\ IsComplete(node[n].log) /\ node[n].hook = "not called"
  /\ \/ /\ rows' = rows \cup {Events(node[n].log)}
        /\ node' = [node EXCEPT ![n].hook = "acknowledged"]
     \/ /\ node' = [node EXCEPT ![n].hook = "rejected"]
        /\ UNCHANGED rows
  /\ said' = IF Bug = "said before the outcome is written" /\ node'[n].hook = "acknowledged"
             THEN said \cup {"completed"} ELSE said
  /\ UNCHANGED <<log, epoch, lease, flushes, replies, upstream, shown, standby,
                 crashes, pauses, failovers>>

Release(n) ==
  /\ IsComplete(node[n].log)
  /\ \/ node[n].hook = "acknowledged" /\ Send(n, Entry(n, "end", "completed"))
     \/ node[n].hook = "rejected" /\ Send(n, Entry(n, "end", "failed"))
     \/ /\ Bug = "said without the hook" /\ node[n].hook = "not called"
        /\ Send(n, Entry(n, "end", "completed"))

-----------------------------------------------------------------------------
(* The store. A flush that it takes is committed as a whole; whether its     *)
(* sender hears of it, or lives, is another matter.                         *)

Check(f) ==
  /\ Bug = "fence before the transaction" /\ ~f.checked /\ f.epoch = epoch
  /\ flushes' = (flushes \ {f}) \cup {[f EXCEPT !.checked = TRUE]}
  /\ UNCHANGED <<log, epoch, lease, replies, node, upstream, rows, shown, said, standby,
                 crashes, pauses, failovers>>

MayCommit(f) ==
  CASE Bug = "no fence" -> TRUE
    [] Bug = "fence before the transaction" -> f.checked
    [] OTHER -> f.epoch = epoch

Commit(f) ==
  /\ MayCommit(f)
  /\ log' = Append(log, f.entry)
  /\ flushes' = flushes \ {f}
  /\ replies' = replies \cup {[to |-> f.by, epoch |-> f.epoch, entry |-> f.entry, ok |-> TRUE]}
  /\ UNCHANGED <<epoch, lease, node, upstream, rows, shown, said, standby,
                 crashes, pauses, failovers>>

Refuse(f) ==
  /\ ~MayCommit(f) /\ f.epoch # epoch
  /\ flushes' = flushes \ {f}
  /\ replies' = replies \cup {[to |-> f.by, epoch |-> f.epoch, entry |-> f.entry, ok |-> FALSE]}
  /\ UNCHANGED <<log, epoch, lease, node, upstream, rows, shown, said, standby,
                 crashes, pauses, failovers>>

Hear(r) ==
  LET n == r.to IN
  /\ replies' = replies \ {r}
  /\ IF ~node[n].open \/ node[n].epoch # r.epoch \/ ~node[n].waits
     THEN UNCHANGED <<node, shown, said, lease, upstream>>
     ELSE IF r.ok
     THEN Applied(n, r.entry) /\ UNCHANGED <<lease, upstream>>
     ELSE /\ node' = [node EXCEPT ![n] = Idle]
          /\ lease' = IF lease = n THEN Nobody ELSE lease
          /\ upstream' = IF upstream = n THEN Nobody ELSE upstream
          /\ UNCHANGED <<shown, said>>
  /\ UNCHANGED <<log, epoch, flushes, rows, standby, crashes, pauses, failovers>>

-----------------------------------------------------------------------------
(* What goes wrong.                                                         *)

Gone(ns) ==
  /\ node' = [n \in Nodes |-> IF n \in ns THEN Idle ELSE node[n]]
  /\ lease' = IF lease \in ns THEN Nobody ELSE lease
  /\ upstream' = IF upstream \in ns THEN Nobody ELSE upstream

(* It dies, or its connection does: of its last flush it knows nothing.     *)
Crash(n) ==
  /\ crashes < CrashesMax /\ node[n].open
  /\ crashes' = crashes + 1
  /\ Gone({n})
  /\ UNCHANGED <<log, epoch, flushes, replies, rows, shown, said, standby, pauses, failovers>>

(* Longer than the lease, and it does not know.                             *)
Pause ==
  /\ pauses < PausesMax /\ lease # Nobody
  /\ pauses' = pauses + 1
  /\ lease' = Nobody
  /\ UNCHANGED <<log, epoch, flushes, replies, node, upstream, rows, shown, said, standby,
                 crashes, failovers>>

Replicate ==
  /\ failovers < FailoversMax
  /\ standby' = [log |-> log, epoch |-> epoch]
  /\ UNCHANGED <<log, epoch, lease, flushes, replies, node, upstream, rows, shown, said,
                 crashes, pauses, failovers>>

(* All connections break with the old primary, and what was in them.        *)
Failover ==
  /\ failovers < FailoversMax
  /\ failovers' = failovers + 1
  /\ log' = standby.log
  /\ epoch' = IF Bug = "epoch without the timeline" THEN standby.epoch ELSE <<epoch[1] + 1, 0>>
  /\ flushes' = {} /\ replies' = {}
  /\ Gone(Nodes)
  /\ UNCHANGED <<rows, shown, said, standby, crashes, pauses>>

-----------------------------------------------------------------------------
Working ==
  \/ \E n \in Nodes: Open(n) \/ Generate(n) \/ Adopt(n) \/ CallHook(n) \/ Release(n)
  \/ \E f \in flushes: Check(f) \/ Commit(f) \/ Refuse(f)
  \/ \E r \in replies: Hear(r)

Next == Working \/ (\E n \in Nodes: Crash(n)) \/ Pause \/ Replicate \/ Failover

Spec == Init /\ [][Next]_vars /\ WF_vars(Working)

-----------------------------------------------------------------------------
(* The promise.                                                             *)

(* What anybody saw is there, as they saw it.                               *)
SeenIsKept == shown \subseteq Seen(log)

(* An id names one event, for all time.                                     *)
IdsNameOneEvent == \A a, b \in shown \cup Seen(log): a.id = b.id => a.of = b.of

(* A stream has one outcome, its last entry, and nobody was told another.   *)
OneOutcome ==
  /\ \A i \in DOMAIN log: log[i].kind = "end" => i = Len(log)
  /\ said \subseteq Told(log)

(* Only what the application has is said to be complete.                    *)
SavedBeforeSaid == "completed" \in said => Events(log) \in rows

(* What was complete is not interrupted.                                    *)
CompleteIsKept == Has(log, "complete") => "interrupted" \notin Told(log)

(* One node writes in an epoch.                                             *)
OneWriter == \A i, j \in DOMAIN log: log[i].epoch = log[j].epoch => log[i].of = log[j].of

(* Every stream gets its outcome.                                           *)
Ends == <>[](Has(log, "end"))
=============================================================================
