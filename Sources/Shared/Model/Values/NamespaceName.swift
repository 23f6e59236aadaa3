public import Foundation

/// The namespace's name as the console makes it.
public enum NamespaceName {
  /// `<base36 of the environment>--<base36 of the project>`: digits and lower-case letters, no padding, at most 52.
  public static func make(environment: UUID, project: UUID) -> String {
    "\(base36(environment))--\(base36(project))"
  }

  private static func base36(_ uuid: UUID) -> String {
    let number = withUnsafeBytes(of: uuid.uuid) { $0.reduce(UInt128(0)) { $0 << 8 | UInt128($1) } }
    return String(number, radix: 36)
  }
}
