import os, sys
print("module", sys.argv[1:], os.environ["CUSTOMER"])
