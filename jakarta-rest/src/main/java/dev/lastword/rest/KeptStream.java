package dev.lastword.rest;

import dev.lastword.journal.StreamId;
import dev.lastword.library.Reading;

/** An entity that is read from the journal, and not written by a resource. */
record KeptStream(StreamId id, Reading reading) {}
