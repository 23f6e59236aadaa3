/// What a server said to a probe.
public enum ProbeAnswer: Sendable, Hashable {
  /// It would be let in; `isHarmless` when admission changed it so that it no longer breaks the rule.
  case accepted(isHarmless: Bool)
  /// Somebody at the server refused it; the words say who.
  case refused(String)
  /// There is no answer to go by: nobody there, no rights, or a policy that is out of order itself.
  case none(String)
}
