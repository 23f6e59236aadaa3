public import Events

/// What is known of a state that an earlier life of the agent acted on, where the topic holds only a newer one that is
/// refused.
public enum KeptState: Sendable, Hashable {
  /// The very state, believed as one that comes from the topic; `refusal` where it must not be acted on now.
  case state(DesiredState, refusal: Refusal?)
  /// Nothing, and why.
  case nothing(String)
}

/// What a machine has done about keeping the accepted state in force beside a refused one.
struct KeptBook: Sendable {
  /// Which version's signed words are kept.
  var version: StateVersion?
  /// Which version was looked for.
  var sought: StateVersion?
  /// Whether the state is enforced only as far as it stands: it was in place, and the operator's guard allows it no more.
  var isBound = false
  /// Whether it was seen to stand, in this life.
  var hasStood = false
  /// Why nothing is enforced; nil where something is, or nothing was to be.
  var unenforced: (reason: String, message: String, since: Timestamp)?
}
