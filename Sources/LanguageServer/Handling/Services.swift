/// The parts of a server that handlers of requests and notifications work with. Each keeps its own state under its own lock, and
/// knows only those above it here.
final class Services: Sendable {
  /// For `serverInfo`.
  let version: String
  let scheduler: any Scheduler
  let connection: Connection
  let documents: OpenDocuments
  let settings: SettingsStore
  let publisher: MarkPublisher
  let models: ModelUpkeep
  let trainer: WorkspaceTrainer
  let classifiers = Classifiers()
  let taggers = Taggers()
  /// Called with the process that the client asks to be watched.
  let watchProcess: @Sendable (Int32) -> Void

  init(
    version: String, settings base: Settings, engines: any EngineProvider, scheduler: any Scheduler,
    trainerPath: String?, watchProcess: @escaping @Sendable (Int32) -> Void,
    output: @escaping @Sendable ([UInt8]) -> Void
  ) {
    self.version = version
    self.scheduler = scheduler
    self.watchProcess = watchProcess
    connection = Connection(output: output)
    documents = OpenDocuments(scheduler: scheduler, engines: engines)
    settings = SettingsStore(base: base, connection: connection, documents: documents)
    publisher = MarkPublisher(
      connection: connection, documents: documents, settings: settings, scheduler: scheduler)
    models = ModelUpkeep(
      connection: connection, documents: documents, settings: settings, publisher: publisher)
    trainer = WorkspaceTrainer(
      connection: connection, settings: settings, models: models, scheduler: scheduler,
      trainerPath: trainerPath)
  }

  /// Runs something that looks at files, and for which no single document waits, off the reading thread.
  func aside(_ body: @escaping @Sendable () -> Void) {
    scheduler.submit(.background, in: models.lane, once: body)
  }
}
