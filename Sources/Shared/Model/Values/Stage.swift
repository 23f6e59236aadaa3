/// The stages that the console knows. `prod` is the one with guarantees.
public enum Stage {
  /// In the order in which software goes through them.
  public static let wellKnown = ["dev", "staging", "integration", "prod"]
  /// Production.
  public static let production = "prod"
}
