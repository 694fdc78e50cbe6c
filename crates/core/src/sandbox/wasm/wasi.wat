;; A stand-in for WASI preview 1, with which languages that cannot do without an operating system run: Go, Swift,
;; AssemblyScript, the C library. What it answers is the same in every run: no arguments, no environment, no files, a
;; clock that stands still. What prints goes to the log. Whoever asks for the time of day, or a second time for random
;; numbers (the first are the seed that the library of Go takes at its start), is ended: a value depends on its row
;; alone. Numbers of errors: 8 EBADF, 28 EINVAL, 44 ENOENT, 70 ESPIPE.
(module
  (import "env" "memory" (memory 0))
  (import "datagen:field/log@1.0.0" "log" (func $log (param $level i32) (param $text i32) (param $bytes i32)))
  ;; How often random numbers were asked for.
  (global $draws (mut i32) (i32.const 0))

  (func $nothing (param $count i32) (param $bytes i32) (result i32)
    (i32.store (local.get $count) (i32.const 0))
    (i32.store (local.get $bytes) (i32.const 0))
    (i32.const 0))
  (func $args_sizes_get (export "args_sizes_get") (param i32 i32) (result i32)
    (call $nothing (local.get 0) (local.get 1)))
  (func $environ_sizes_get (export "environ_sizes_get") (param i32 i32) (result i32)
    (call $nothing (local.get 0) (local.get 1)))
  (func $args_get (export "args_get") (param i32 i32) (result i32) (i32.const 0))
  (func $environ_get (export "environ_get") (param i32 i32) (result i32) (i32.const 0))

  (func $clock_res_get (export "clock_res_get") (param $clock i32) (param $nanoseconds i32) (result i32)
    (i64.store (local.get $nanoseconds) (i64.const 1000000))
    (i32.const 0))
  ;; Clock 0 is the time of day; the others measure durations, and stand at one second.
  (func $clock_time_get (export "clock_time_get") (param $clock i32) (param $precision i64) (param $nanoseconds i32)
      (result i32)
    (if (i32.eqz (local.get $clock)) (then (unreachable)))
    (i64.store (local.get $nanoseconds) (i64.const 1000000000))
    (i32.const 0))

  (func $random_get (export "random_get") (param $to i32) (param $bytes i32) (result i32)
    (local $place i32)
    ;; A seed has 16 bytes or more; who asks for fewer draws a number.
    (if (i32.or (global.get $draws) (i32.lt_u (local.get $bytes) (i32.const 16))) (then (unreachable)))
    (global.set $draws (i32.const 1))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $place) (local.get $bytes)))
      (i32.store8 (i32.add (local.get $to) (local.get $place))
        (i32.shr_u (i32.mul (i32.add (local.get $place) (i32.const 1)) (i32.const 0x9e3779b1)) (i32.const 24)))
      (local.set $place (i32.add (local.get $place) (i32.const 1)))
      (br $next)))
    (i32.const 0))

  ;; 1 is standard output and 2 standard error, whose text is what a failure says.
  (func $fd_write (export "fd_write") (param $file i32) (param $parts i32) (param $count i32) (param $written i32)
      (result i32)
    (local $sum i32) (local $bytes i32)
    (if (i32.gt_u (i32.sub (local.get $file) (i32.const 1)) (i32.const 1)) (then (return (i32.const 8))))
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $count)))
      (local.set $bytes (i32.load offset=4 (local.get $parts)))
      (local.set $sum (i32.add (local.get $sum) (local.get $bytes)))
      ;; A line of the log has no end of its own.
      (if (local.get $bytes) (then
        (if (i32.eq (i32.const 10) (i32.load8_u (i32.sub
              (i32.add (i32.load (local.get $parts)) (local.get $bytes)) (i32.const 1))))
          (then (local.set $bytes (i32.sub (local.get $bytes) (i32.const 1)))))))
      (if (local.get $bytes) (then
        (call $log
          (select (i32.const 3) (i32.const 1) (i32.eq (local.get $file) (i32.const 2)))
          (i32.load (local.get $parts)) (local.get $bytes))))
      (local.set $parts (i32.add (local.get $parts) (i32.const 8)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br $next)))
    (i32.store (local.get $written) (local.get $sum))
    (i32.const 0))
  ;; Whoever reads finds the end.
  (func $fd_read (export "fd_read") (param $file i32) (param $parts i32) (param $count i32) (param $read i32)
      (result i32)
    (if (local.get $file) (then (return (i32.const 8))))
    (i32.store (local.get $read) (i32.const 0))
    (i32.const 0))
  ;; Three files are open, and are terminals (character devices).
  (func $fd_fdstat_get (export "fd_fdstat_get") (param $file i32) (param $told i32) (result i32)
    (if (i32.gt_u (local.get $file) (i32.const 2)) (then (return (i32.const 8))))
    (i64.store (local.get $told) (i64.const 2))
    (i64.store offset=8 (local.get $told) (i64.const 0))
    (i64.store offset=16 (local.get $told) (i64.const 0))
    (i32.const 0))

  ;; Nothing happens for which one could wait.
  (func $poll_oneoff (export "poll_oneoff") (param i32 i32 i32 i32) (result i32) (unreachable))
  (func $proc_exit (export "proc_exit") (param $status i32) (unreachable))
  (func $proc_raise (export "proc_raise") (param i32) (result i32) (unreachable))

  (func $fd_advise (export "fd_advise") (param i32 i64 i64 i32) (result i32) (i32.const 8))
  (func $fd_allocate (export "fd_allocate") (param i32 i64 i64) (result i32) (i32.const 8))
  (func $fd_close (export "fd_close") (param i32) (result i32) (i32.const 0))
  (func $fd_datasync (export "fd_datasync") (param i32) (result i32) (i32.const 8))
  (func $fd_fdstat_set_flags (export "fd_fdstat_set_flags") (param i32 i32) (result i32) (i32.const 0))
  (func $fd_fdstat_set_rights (export "fd_fdstat_set_rights") (param i32 i64 i64) (result i32) (i32.const 0))
  (func $fd_filestat_get (export "fd_filestat_get") (param i32 i32) (result i32) (i32.const 8))
  (func $fd_filestat_set_size (export "fd_filestat_set_size") (param i32 i64) (result i32) (i32.const 8))
  (func $fd_filestat_set_times (export "fd_filestat_set_times") (param i32 i64 i64 i32) (result i32) (i32.const 8))
  (func $fd_pread (export "fd_pread") (param i32 i32 i32 i64 i32) (result i32) (i32.const 8))
  (func $fd_prestat_get (export "fd_prestat_get") (param i32 i32) (result i32) (i32.const 8))
  (func $fd_prestat_dir_name (export "fd_prestat_dir_name") (param i32 i32 i32) (result i32) (i32.const 8))
  (func $fd_pwrite (export "fd_pwrite") (param i32 i32 i32 i64 i32) (result i32) (i32.const 8))
  (func $fd_readdir (export "fd_readdir") (param i32 i32 i32 i64 i32) (result i32) (i32.const 8))
  (func $fd_renumber (export "fd_renumber") (param i32 i32) (result i32) (i32.const 8))
  (func $fd_seek (export "fd_seek") (param i32 i64 i32 i32) (result i32) (i32.const 70))
  (func $fd_sync (export "fd_sync") (param i32) (result i32) (i32.const 8))
  (func $fd_tell (export "fd_tell") (param i32 i32) (result i32) (i32.const 70))
  (func $path_create_directory (export "path_create_directory") (param i32 i32 i32) (result i32) (i32.const 44))
  (func $path_filestat_get (export "path_filestat_get") (param i32 i32 i32 i32 i32) (result i32) (i32.const 44))
  (func $path_filestat_set_times (export "path_filestat_set_times") (param i32 i32 i32 i32 i64 i64 i32) (result i32) (i32.const 44))
  (func $path_link (export "path_link") (param i32 i32 i32 i32 i32 i32 i32) (result i32) (i32.const 44))
  (func $path_open (export "path_open") (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32) (i32.const 44))
  (func $path_readlink (export "path_readlink") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 44))
  (func $path_remove_directory (export "path_remove_directory") (param i32 i32 i32) (result i32) (i32.const 44))
  (func $path_rename (export "path_rename") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 44))
  (func $path_symlink (export "path_symlink") (param i32 i32 i32 i32 i32) (result i32) (i32.const 44))
  (func $path_unlink_file (export "path_unlink_file") (param i32 i32 i32) (result i32) (i32.const 44))
  (func $sched_yield (export "sched_yield") (result i32) (i32.const 0))
  (func $sock_accept (export "sock_accept") (param i32 i32 i32) (result i32) (i32.const 8))
  (func $sock_recv (export "sock_recv") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func $sock_send (export "sock_send") (param i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func $sock_shutdown (export "sock_shutdown") (param i32 i32) (result i32) (i32.const 8))
)
