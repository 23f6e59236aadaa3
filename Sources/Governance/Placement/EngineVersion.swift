/// Which engine took a decision. It changes whenever the same inputs could give another answer.
public enum EngineVersion {
  /// Counts the engines that have been released.
  public static let number: Int64 = 10
  /// The version of this engine.
  public static let current = "regie-placement/\(number)"
}
