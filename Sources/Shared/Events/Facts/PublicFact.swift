/// What something of public interest has come to: the data of a record of `regie.events`, signed over the exact bytes
/// as carried.
///
/// A record holds the whole state of what its key names, and no text that somebody wrote: readers of any sensitivity
/// see it (protocol rule 6). Of several of one key the highest epoch, then the highest revision counts, in whatever
/// order they come.
public protocol PublicFact: Codable, Sendable, Hashable {
  /// One of ``EventType``.
  static var type: String { get }
  /// The epoch of the database.
  var epoch: Int64 { get }
  /// Grows with each state of the same thing, from 1.
  var revision: Int64 { get }
  /// What it is about: the record's key.
  var key: String { get }
}
