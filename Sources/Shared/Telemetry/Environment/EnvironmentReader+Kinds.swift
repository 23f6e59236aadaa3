public import Logging

/// Each kind comes three ways: with a default, required, and `optional…`, which gives `nil` when unset.
extension EnvironmentReader {
  /// Any text.
  public mutating func string(_ name: String, default standard: String, _ documentation: String) -> String {
    EnvironmentKind<String>.string().read(&self, name, default: standard, documentation)
  }

  /// Any text; required.
  public mutating func string(_ name: String, _ documentation: String) -> String {
    EnvironmentKind<String>.string().required(&self, name, documentation)
  }

  /// Any text.
  public mutating func optionalString(_ name: String, _ documentation: String) -> String? {
    EnvironmentKind<String>.string().optional(&self, name, documentation)
  }

  /// A whole number within `range`.
  public mutating func integer(
    _ name: String, default standard: Int, in range: ClosedRange<Int>, _ documentation: String
  ) -> Int {
    EnvironmentKind<Int>.integer(range).read(&self, name, default: standard, documentation)
  }

  /// A whole number within `range`; required.
  public mutating func integer(_ name: String, in range: ClosedRange<Int>, _ documentation: String) -> Int {
    EnvironmentKind<Int>.integer(range).required(&self, name, documentation)
  }

  /// A whole number within `range`.
  public mutating func optionalInteger(_ name: String, in range: ClosedRange<Int>, _ documentation: String) -> Int? {
    EnvironmentKind<Int>.integer(range).optional(&self, name, documentation)
  }

  /// A port from 1024 to 65535.
  public mutating func port(_ name: String, default standard: Int, _ documentation: String) -> Int {
    integer(name, default: standard, in: Self.unprivilegedPorts, documentation)
  }

  /// A port from 1024 to 65535; required.
  public mutating func port(_ name: String, _ documentation: String) -> Int {
    integer(name, in: Self.unprivilegedPorts, documentation)
  }

  /// A port from 1024 to 65535.
  public mutating func optionalPort(_ name: String, _ documentation: String) -> Int? {
    optionalInteger(name, in: Self.unprivilegedPorts, documentation)
  }

  /// `true` or `false`.
  public mutating func boolean(_ name: String, default standard: Bool, _ documentation: String) -> Bool {
    EnvironmentKind<Bool>.boolean().read(&self, name, default: standard, documentation)
  }

  /// `true` or `false`; required.
  public mutating func boolean(_ name: String, _ documentation: String) -> Bool {
    EnvironmentKind<Bool>.boolean().required(&self, name, documentation)
  }

  /// `true` or `false`.
  public mutating func optionalBoolean(_ name: String, _ documentation: String) -> Bool? {
    EnvironmentKind<Bool>.boolean().optional(&self, name, documentation)
  }

  /// The least severe level to log, from `LOG_LEVEL`; `info` unless set.
  public mutating func logLevel() -> Logger.Level {
    choice("LOG_LEVEL", default: .info, "The least severe level that is logged.")
  }
}
