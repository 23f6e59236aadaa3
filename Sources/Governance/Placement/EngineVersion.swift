/// Which engine took a decision. It changes whenever the same inputs could give another answer.
public enum EngineVersion {
  /// The version of this engine.
  public static let current = "regie-placement/8"
}
