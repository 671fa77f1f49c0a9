-- INSERT OR REPLACE deletes the row in its way without asking the trigger on DELETE.
CREATE TRIGGER event_is_never_replaced BEFORE INSERT ON event
WHEN EXISTS (SELECT 1 FROM event WHERE stream = NEW.stream AND version = NEW.version)
  OR EXISTS (SELECT 1 FROM event WHERE position = NEW.position)
BEGIN SELECT RAISE(ABORT, 'facts are not replaced'); END;
