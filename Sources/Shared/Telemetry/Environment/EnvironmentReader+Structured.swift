extension EnvironmentReader {
  /// A duration such as `250ms` or `1m30s`, within `range`.
  public mutating func duration(
    _ name: String, default standard: Duration, in range: ClosedRange<Duration>, _ documentation: String
  ) -> Duration {
    EnvironmentKind<Duration>.duration(range).read(&self, name, default: standard, documentation)
  }

  /// A duration within `range`; required.
  public mutating func duration(
    _ name: String, in range: ClosedRange<Duration>, _ documentation: String
  ) -> Duration {
    EnvironmentKind<Duration>.duration(range).required(&self, name, documentation)
  }

  /// A duration within `range`.
  public mutating func optionalDuration(
    _ name: String, in range: ClosedRange<Duration>, _ documentation: String
  ) -> Duration? {
    EnvironmentKind<Duration>.duration(range).optional(&self, name, documentation)
  }

  /// Texts separated by commas; blanks around them are dropped.
  public mutating func list(_ name: String, default standard: [String], _ documentation: String) -> [String] {
    EnvironmentKind<[String]>.list().read(&self, name, default: standard, documentation)
  }

  /// Texts separated by commas; required.
  public mutating func list(_ name: String, _ documentation: String) -> [String] {
    EnvironmentKind<[String]>.list().required(&self, name, documentation)
  }

  /// Texts separated by commas.
  public mutating func optionalList(_ name: String, _ documentation: String) -> [String]? {
    EnvironmentKind<[String]>.list().optional(&self, name, documentation)
  }

  /// One of an enumeration's raw values.
  public mutating func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: String, default standard: Choice, _ documentation: String
  ) -> Choice where Choice.RawValue == String {
    EnvironmentKind<Choice>.choice(Choice.self, standIn: standard)
      .read(&self, name, default: standard, documentation)
  }

  /// One of an enumeration's raw values; required. `standIn` lets reading go on after the error is noted.
  public mutating func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: String, standIn: Choice, _ documentation: String
  ) -> Choice where Choice.RawValue == String {
    EnvironmentKind<Choice>.choice(Choice.self, standIn: standIn).required(&self, name, documentation)
  }

  /// `host:port`, brackets around an IPv6 address.
  public mutating func listenAddress(
    _ name: String, default standard: ListenAddress, _ documentation: String
  ) -> ListenAddress {
    EnvironmentKind<ListenAddress>.listenAddress().read(&self, name, default: standard, documentation)
  }

  /// `host:port`; required.
  public mutating func listenAddress(_ name: String, _ documentation: String) -> ListenAddress {
    EnvironmentKind<ListenAddress>.listenAddress().required(&self, name, documentation)
  }

  /// `host:port`.
  public mutating func optionalListenAddress(_ name: String, _ documentation: String) -> ListenAddress? {
    EnvironmentKind<ListenAddress>.listenAddress().optional(&self, name, documentation)
  }
}
